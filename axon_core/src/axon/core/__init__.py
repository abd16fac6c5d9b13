"""The minimal core: entries, filters, policies, configuration, plugins, and the system over them."""
