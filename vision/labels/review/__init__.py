"""People correct labels: what to ask them, contact sheets, export to their tools and import of their work."""
