/** Unpacks a live message: 4 bytes big-endian length, a live view as JSON, then a JPEG. */
import type { LiveView } from "./types"

export interface LivePicture {
  view: LiveView
  jpeg: Blob
}

export class NotALiveMessage extends Error {}

const utf8 = new TextDecoder()

export function unpack(message: ArrayBuffer): LivePicture {
  if (message.byteLength < 4) throw new NotALiveMessage("a live message has at least 4 bytes")
  const length = new DataView(message).getUint32(0)
  const end = 4 + length
  if (end > message.byteLength)
    throw new NotALiveMessage(`${length} bytes of JSON do not fit into the message`)
  const view = JSON.parse(utf8.decode(new Uint8Array(message, 4, length))) as LiveView
  return { view, jpeg: new Blob([new Uint8Array(message, end)], { type: "image/jpeg" }) }
}
