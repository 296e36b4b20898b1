"""The ground truth of a simulated episode: crossings, queues, and the incidents that should be reported."""
