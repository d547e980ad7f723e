"""Settings, URLs, WSGI: the only place that reads the environment and the clock."""
