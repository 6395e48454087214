"""What SQS does with messages: numbered ones go in, and what comes out is counted."""
