/** How long to wait before another attempt: doubling, with jitter, so that a room of screens does not return at once. */
export interface Backoff {
  next(): number
  reset(): void
}

export function backoff(firstMs = 500, mostMs = 15_000, random: () => number = Math.random): Backoff {
  let attempt = 0
  return {
    next() {
      const ceiling = Math.min(mostMs, firstMs * 2 ** attempt)
      attempt = Math.min(attempt + 1, 30)
      return ceiling * (0.5 + random() / 2)
    },
    reset() {
      attempt = 0
    },
  }
}
