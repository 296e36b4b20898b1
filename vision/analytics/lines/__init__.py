"""What happens at lines: crossings, movements, flow, speeds and headways."""
