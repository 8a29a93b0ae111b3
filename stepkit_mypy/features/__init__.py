"""What each of the plugin's hooks does."""
