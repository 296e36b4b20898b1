/** Server-sent events by fetch: unlike EventSource, it resumes after any failure and reports retries. */

export interface ServerEvent {
  id: string
  event: string
  data: string
}

/** Parses a text/event-stream; the text may be split anywhere. */
export class EventParser {
  lastId = ""
  private rest = ""
  private data: string[] = []
  private event = ""

  push(text: string): ServerEvent[] {
    const lines = (this.rest + text).split(/\r\n|\n|\r(?!$)/)
    this.rest = lines.pop() ?? ""
    return lines.flatMap(line => this.line(line) ?? [])
  }

  private line(line: string): ServerEvent | undefined {
    if (line === "") return this.dispatch()
    const colon = line.indexOf(":")
    if (colon === 0) return
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "")
    if (field === "data") this.data.push(value)
    else if (field === "event") this.event = value
    else if (field === "id" && !value.includes("\0")) this.lastId = value
  }

  private dispatch(): ServerEvent | undefined {
    const { data, event } = this
    this.data = []
    this.event = ""
    if (data.length) return { id: this.lastId, event: event || "message", data: data.join("\n") }
  }
}

/** Position in the stream, kept from one connection to the next. */
export interface Position {
  lastEventId: string
}

/** The service responded with an error. */
export class Refused extends Error {
  constructor(readonly status: number) {
    super(`the service answered ${status}`)
  }
}

export interface StreamOptions {
  url: URL
  position: Position
  signal: AbortSignal
  /** Without a byte for this long, the connection counts as dead; the service sends comments more often. */
  silenceMs: number
  onOpen: () => void
  onEvent: (event: ServerEvent) => void
}

/** Follows one connection until it ends; throws if it fails. */
export async function follow(options: StreamOptions): Promise<void> {
  const connection = new AbortController()
  const stop = () => connection.abort()
  options.signal.addEventListener("abort", stop, { once: true })
  let silence = setTimeout(stop, options.silenceMs)
  try {
    const response = await open(options, connection.signal)
    options.onOpen()
    const parser = new EventParser()
    parser.lastId = options.position.lastEventId
    const reader = response.pipeThrough(new TextDecoderStream()).getReader()
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      clearTimeout(silence)
      silence = setTimeout(stop, options.silenceMs)
      for (const event of parser.push(value)) options.onEvent(event)
      options.position.lastEventId = parser.lastId
    }
  } finally {
    clearTimeout(silence)
    options.signal.removeEventListener("abort", stop)
    connection.abort()
  }
}

async function open(options: StreamOptions, signal: AbortSignal): Promise<ReadableStream<BufferSource>> {
  const headers: Record<string, string> = { Accept: "text/event-stream" }
  if (options.position.lastEventId) headers["Last-Event-ID"] = options.position.lastEventId
  const response = await fetch(options.url, { headers, signal, cache: "no-store" })
  if (!response.ok || !response.body) throw new Refused(response.status)
  return response.body as ReadableStream<BufferSource>
}
