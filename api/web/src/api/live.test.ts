import { expect, it } from "vitest"
import { NotALiveMessage, unpack } from "./live"

const view = { camera_id: "nts-01", frame_index: 7, boxes: [], lines: [], place: "Ngã tư Sở" }

function packed(json: string, jpeg: number[], length?: number): ArrayBuffer {
  const text = new TextEncoder().encode(json)
  const message = new Uint8Array(4 + text.length + jpeg.length)
  new DataView(message.buffer).setUint32(0, length ?? text.length)
  message.set(text, 4)
  message.set(jpeg, 4 + text.length)
  return message.buffer
}

it("a live message is a view and a JPEG; the length counts bytes, not characters", async () => {
  const { view: read, jpeg } = unpack(packed(JSON.stringify(view), [0xff, 0xd8, 0x00]))
  expect(read).toEqual(view)
  expect(jpeg.type).toBe("image/jpeg")
  expect([...new Uint8Array(await jpeg.arrayBuffer())]).toEqual([0xff, 0xd8, 0x00])
})

it("an invalid live message is rejected", () => {
  expect(() => unpack(new ArrayBuffer(3))).toThrow(NotALiveMessage)
  expect(() => unpack(packed("{}", [], 900))).toThrow(NotALiveMessage)
  expect(() => unpack(packed("no JSON", []))).toThrow()
})
