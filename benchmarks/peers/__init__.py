"""What the service is measured beside, each written as its documentation and tutorials have it."""
