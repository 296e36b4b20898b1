"""What is kept: tables, migrations, what is written and what is read, and the consumer that fills them."""
