"""How well traffic and incidents are measured on real clips that people have described."""
