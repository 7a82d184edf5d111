"""The Modellix protocol: submissions, tasks, the request log, and what each answer means."""
