/**
 * A camera's live frames: one socket per camera however many canvases show it, none while nobody watches. Only the
 * newest frame is shown, so that a slow browser shows fewer frames but never late ones.
 */
import { signal } from "@preact/signals"
import { type Latency, LatencyWindow } from "../state/latency"
import { type Backoff, backoff } from "./backoff"
import { serverClock } from "./clock"
import { unpack } from "./live"
import type { LiveView } from "./types"
import { liveUrl } from "./urls"

export interface Picture {
  view: LiveView
  bitmap: ImageBitmap
}

export type Painter = (picture: Picture) => void

/** How long a tile that leaves the view keeps its socket. */
const LINGER_MS = 2000

export class LiveFeed {
  readonly latency = signal<Latency | null>(null)
  /** Monotonic time of the last frame shown; `null` before the first. */
  readonly shownAt = signal<number | null>(null)
  readonly vehicles = signal(0)
  readonly unreadable = signal(false)
  last: Picture | null = null

  private readonly painters = new Set<Painter>()
  private readonly window = new LatencyWindow()
  private readonly waits: Backoff = backoff(500, 8000)
  private socket: WebSocket | null = null
  private timer: ReturnType<typeof setTimeout> | undefined
  private newest: ArrayBuffer | null = null
  private busy = false

  constructor(private readonly cameraId: string) {}

  /** Paints each new frame until the returned function is called. */
  watch(painter: Painter): () => void {
    this.painters.add(painter)
    if (this.last) painter(this.last)
    clearTimeout(this.timer)
    if (!this.socket) this.open()
    return () => {
      this.painters.delete(painter)
      if (!this.painters.size) this.restart(() => this.close(), LINGER_MS)
    }
  }

  close(): void {
    clearTimeout(this.timer)
    const socket = this.socket
    this.socket = null
    socket?.close()
    this.newest = null
    this.window.clear()
    this.latency.value = null
  }

  private open(): void {
    const socket = new WebSocket(liveUrl(this.cameraId))
    this.socket = socket
    socket.binaryType = "arraybuffer"
    socket.onmessage = ({ data }) => {
      this.waits.reset()
      this.newest = data as ArrayBuffer
      void this.show()
    }
    socket.onclose = () => {
      if (this.socket !== socket) return
      this.socket = null
      if (this.painters.size) this.restart(() => this.open(), this.waits.next())
    }
  }

  private restart(action: () => void, waitMs: number): void {
    clearTimeout(this.timer)
    this.timer = setTimeout(action, waitMs)
  }

  private async show(): Promise<void> {
    if (this.busy) return
    this.busy = true
    try {
      while (this.newest) {
        const message = this.newest
        this.newest = null
        await this.showOne(message)
      }
    } finally {
      this.busy = false
    }
  }

  private async showOne(message: ArrayBuffer): Promise<void> {
    const { socket } = this
    try {
      const { view, jpeg } = unpack(message)
      const bitmap = await createImageBitmap(jpeg)
      await nextFrame()
      // A background tab paints nothing; a frame that waited for it is outdated.
      if (socket === this.socket) this.paint({ view, bitmap })
      else bitmap.close()
      this.unreadable.value = false
    } catch {
      this.unreadable.value = true
    }
  }

  private paint(picture: Picture): void {
    this.last?.bitmap.close()
    this.last = picture
    for (const painter of this.painters) painter(picture)
    this.vehicles.value = picture.view.boxes.length
    this.shownAt.value = performance.now()
    this.measure(picture.view)
  }

  private measure(view: LiveView): void {
    if (serverClock.offsetMs === null) return
    this.window.add(performance.now(), serverClock.now() - Date.parse(view.captured_at))
    this.latency.value = this.window.summary()
  }
}

function nextFrame(): Promise<unknown> {
  return new Promise(requestAnimationFrame)
}
