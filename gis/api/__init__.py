"""The web service: `create_app(settings)`; routes call workflows and store, one file per noun."""
