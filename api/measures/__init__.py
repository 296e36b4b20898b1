"""What traffic did at lines and in zones, interval by interval, in traffic engineering's terms."""
