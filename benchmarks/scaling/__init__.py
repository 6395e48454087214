"""How the service grows: a model of its scaling, its bill and its limits, for docs/scaling.md."""
