import { describe, expect, it } from "vitest"
import { EventParser } from "./sse"

const stream = 'id: 7-0\nevent: line_crossing\ndata: {"a":\ndata: 1}\n\n: still here\n\ndata: plain\r\n\r\n'

describe("the parser of server-sent events", () => {
  it("joins lines of data and keeps the id for later events", () => {
    expect(new EventParser().push(stream)).toEqual([
      { id: "7-0", event: "line_crossing", data: '{"a":\n1}' },
      { id: "7-0", event: "message", data: "plain" },
    ])
  })

  it("gives the same events however the text is split", () => {
    const whole = new EventParser().push(stream)
    for (let cut = 1; cut < stream.length; cut++) {
      const parser = new EventParser()
      expect([...parser.push(stream.slice(0, cut)), ...parser.push(stream.slice(cut))]).toEqual(whole)
    }
  })

  it("gives no event for comments", () => {
    expect(new EventParser().push(": ping\n\n")).toEqual([])
  })
})
