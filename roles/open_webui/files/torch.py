"""Found by Open WebUI in the place of the library of this name, which would take most of the memory that it has."""

raise ImportError("torch is left out by open_webui_profile: low_memory")
