"""Commands that watch: what waits for a department, what is amiss, the brake, yearly figures and self-checks."""
