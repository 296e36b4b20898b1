/** The wire's types (hand version until the document stands). */
export type ObjectClass = "bicycle" | "motorcycle" | "car" | "bus" | "truck" | "person"
export type Direction = "in" | "out"
export type CameraState =
  | "connecting"
  | "online"
  | "stalled"
  | "frozen"
  | "runaway"
  | "unauthorized"
  | "unreachable"
  | "garbage"
  | "ended"
  | "stopped"
  | "misconfigured"
  | "lost"
  | "failed"
export interface StreamStats {
  received_fps: number
  processed_fps: number
  target_fps: number
  frames_received: number
  frames_processed: number
  frames_dropped: number
  reconnects: number
  inference_ms: number
  queue_age_ms: number
  latency_ms: number
  latency_p95_ms: number
  width_px: number
  height_px: number
  codec: string
  decode_mode: string
}
export interface CameraHealth {
  camera_id: string
  session_id: string
  worker_id: string
  state: CameraState
  reason: string
  since: string
  at: string
  outbox_size: number
  model: string
  provider: string
  stats: StreamStats
}
export interface ClassCount {
  object_class: ObjectClass
  in: number
  out: number
}
export interface LineFacts {
  id: string
  name: string
  start: [number, number]
  end: [number, number]
  in_name: string
  out_name: string
}
export interface LineCounts {
  line_id: string
  in: number
  out: number
  by_class: ClassCount[]
}
export interface LiveBox {
  track_id: number
  object_class: ObjectClass
  confidence: number
  box: [number, number, number, number]
}
export interface LiveLine {
  line_id: string
  start: [number, number]
  end: [number, number]
  into: number
  out: number
}
export interface LiveView {
  camera_id: string
  frame_index: number
  captured_at: string
  published_at: string
  boxes: LiveBox[]
  lines: LiveLine[]
}
export interface LineCrossing {
  kind: "line_crossing"
  event_id: string
  camera_id: string
  session_id: string
  line_id: string
  direction: Direction
  object_class: ObjectClass
  track_id: number
  crossed_at: string
  captured_at: string
  confidence: number
}
export interface CameraLine extends LineFacts {
  in: number
  out: number
  by_class: ClassCount[]
}
export interface Camera {
  id: string
  name: string
  enabled: boolean
  source: string
  lines: CameraLine[]
  health: CameraHealth | null
}
export interface CameraList {
  at: string
  since: string
  cameras: Camera[]
}
