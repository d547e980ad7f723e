"""Machine doors: health now; REST, webhooks and the tool server join it here."""
