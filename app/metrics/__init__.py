"""What an operator can watch: names, labels and meanings of all metrics, and how Prometheus gets them."""
