/** Estimates the service's clock: a browser's own clock may be minutes off, which would falsify latency. */

export interface ClockSample {
  /** When the request was sent, by the browser's clock, ms. */
  sentAt: number
  /** When the answer arrived, by the browser's clock, ms. */
  receivedAt: number
  /** The service's clock in between, ms. */
  serverAt: number
}

const MAX_SAMPLES = 8

export class ServerClock {
  private samples: ClockSample[] = []

  /** Adds a sample; the one with the shortest round trip has the smallest error, as in NTP. */
  add(sample: ClockSample): void {
    this.samples = [...this.samples, sample].slice(-MAX_SAMPLES)
  }

  /** Milliseconds to add to the browser's clock; `null` before the first sample. */
  get offsetMs(): number | null {
    const best = this.best()
    return best ? best.serverAt - (best.sentAt + best.receivedAt) / 2 : null
  }

  /** Maximum error of the offset, ms. */
  get uncertaintyMs(): number | null {
    const best = this.best()
    return best ? (best.receivedAt - best.sentAt) / 2 : null
  }

  now(here: number = Date.now()): number {
    return here + (this.offsetMs ?? 0)
  }

  private best(): ClockSample | undefined {
    const trip = (s: ClockSample) => s.receivedAt - s.sentAt
    return this.samples.reduce<ClockSample | undefined>(
      (best, sample) => (!best || trip(sample) <= trip(best) ? sample : best),
      undefined,
    )
  }
}

export const serverClock = new ServerClock()
