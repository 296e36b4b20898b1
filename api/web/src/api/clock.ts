/** The service's clock as seen from here. A screen's own clock may be minutes wrong; latency must not be. */

export interface ClockSample {
  /** When the request left, by this screen's clock, in ms. */
  sentAt: number
  /** When the answer came. */
  receivedAt: number
  /** What the service's clock said in between. */
  serverAt: number
}

const KEPT = 8

export class ServerClock {
  private samples: ClockSample[] = []

  /** The sample with the shortest round trip bounds the error best (as in NTP); older ones leave after a while. */
  add(sample: ClockSample): void {
    this.samples = [...this.samples, sample].slice(-KEPT)
  }

  /** Milliseconds to add to this screen's clock; `null` before the first sample. */
  get offsetMs(): number | null {
    const best = this.best()
    return best ? best.serverAt - (best.sentAt + best.receivedAt) / 2 : null
  }

  /** The offset is right to this many milliseconds. */
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
