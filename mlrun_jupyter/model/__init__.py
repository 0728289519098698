"""Pure data: what a task, run, function, artifact and project are. Nothing here reads, writes or opens anything."""
