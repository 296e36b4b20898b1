/** Latency from capture to screen over the last seconds, against its target. */

export const TARGET_MS = 1000
/** Beyond this the target is missed by far. */
export const BAD_MS = 2000

export type Verdict = "met" | "late" | "missed"

export interface Latency {
  medianMs: number
  p95Ms: number
}

export function verdict(p95Ms: number): Verdict {
  if (p95Ms <= TARGET_MS) return "met"
  return p95Ms <= BAD_MS ? "late" : "missed"
}

export class LatencyWindow {
  private samples: { at: number; ms: number }[] = []

  constructor(private readonly lengthMs = 10_000) {}

  /** `at`: monotonic ms. A negative latency is a clock error and counts as 0. */
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

/** The smallest value that at least this fraction of the values does not exceed. */
function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? 0
}
