"""Amazon SQS, standard and FIFO: our own broker on dramatiq-sqs's."""
