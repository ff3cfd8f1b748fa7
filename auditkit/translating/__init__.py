"""What a translator needs: every text that a report can print, found in code and templates, kept in .po files."""
