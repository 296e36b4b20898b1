"""Events and measures at counting lines: crossings, movements, flow, speeds and headways."""
