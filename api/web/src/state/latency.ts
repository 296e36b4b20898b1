/** Capture to screen, over the last seconds: a promise that is kept or broken. */

export const PROMISED_MS = 1000
/** Beyond this it is not a hiccup any more. */
export const BAD_MS = 2000

export type Promise3 = "kept" | "late" | "broken"

export interface Latency {
  medianMs: number
  p95Ms: number
}

export function verdict(p95Ms: number): Promise3 {
  if (p95Ms <= PROMISED_MS) return "kept"
  return p95Ms <= BAD_MS ? "late" : "broken"
}

export class LatencyWindow {
  private samples: { at: number; ms: number }[] = []

  constructor(private readonly lengthMs = 10_000) {}

  /** `at`: monotonic ms. A negative latency is a clock's error, and counts as none. */
  add(at: number, ms: number): void {
    this.samples.push({ at, ms: Math.max(0, ms) })
    this.samples = this.samples.filter(sample => sample.at > at - this.lengthMs)
  }

  summary(): Latency | null {
    return summary(this.samples.map(sample => sample.ms))
  }

  clear(): void {
    this.samples = []
  }
}

export function summary(values: readonly number[]): Latency | null {
  if (!values.length) return null
  const sorted = [...values].sort((a, b) => a - b)
  return { medianMs: quantile(sorted, 0.5), p95Ms: quantile(sorted, 0.95) }
}

/** The smallest value that at least this part of the values does not exceed. */
function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? 0
}
