/** Waits before another attempt: doubling, with jitter, so that many screens do not reconnect at once. */
export interface Backoff {
  next(): number
  reset(): void
}

export function backoff(firstMs = 500, maxMs = 15_000, random: () => number = Math.random): Backoff {
  let attempt = 0
  return {
    next() {
      const ceiling = Math.min(maxMs, firstMs * 2 ** attempt)
      attempt = Math.min(attempt + 1, 30)
      return ceiling * (0.5 + random() / 2)
    },
    reset() {
      attempt = 0
    },
  }
}
