/** Small marks that say how a camera is, and whether its pictures come as promised. */
import { t } from "../i18n"
import { milliseconds, since } from "../i18n/format"
import { type CameraModel, latencyNow } from "../state/cameras"
import { PROMISED_MS, verdict } from "../state/latency"
import { Icon } from "./Icon"
import { stateWords, tone } from "./words"

export function StateBadge({ camera }: { camera: CameraModel }) {
  const health = camera.health.value
  const { label, why } = stateWords(health.state)
  const from = health.since ? t("state.since", { time: since(health.since) }) : ""
  return (
    <span
      class="badge"
      data-tone={tone(health.state)}
      title={[why, health.reason, from].filter(Boolean).join(" ")}
    >
      <span class="dot" />
      {label}
    </span>
  )
}

const SIGNS = { kept: "check", late: "late", broken: "broken" } as const

export function LatencyBadge({ camera }: { camera: CameraModel }) {
  const latency = latencyNow(camera)
  if (!latency) return null
  const kept = verdict(latency.p95Ms)
  const hint = t("latency.hint", { p95: milliseconds(latency.p95Ms), promise: milliseconds(PROMISED_MS) })
  return (
    <span class="latency" data-promise={kept} title={hint}>
      <Icon name={SIGNS[kept]} />
      {milliseconds(latency.p95Ms)}
      <span class="unseen">{`${t(`latency.${kept}`)}. ${hint}`}</span>
    </span>
  )
}
