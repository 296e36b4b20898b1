"""What is stored: tables and migrations, the consumer that fills them, and camera files."""
