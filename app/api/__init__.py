"""HTTP: routes, models of requests and answers, problems."""
