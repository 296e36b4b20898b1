/** Traffic just now: rows on a tile, tables in the opened camera. */
import type { Camera, CongestionLevel, LineNow, ZoneNow } from "../api/types"
import { t } from "../i18n"
import { number } from "../i18n/format"
import type { CameraModel } from "../state/cameras"
import { directionName, levelLabel, zoneName } from "./labels"

/** The opened camera shows more zones; on the wall all tiles have the same height. */
const MAX_ZONES = 2

export function LevelChip({ level }: { level: CongestionLevel | null }) {
  return (
    <span class="level" data-level={level ?? "unknown"}>
      {levelLabel(level)}
    </span>
  )
}

export function ZoneRows({ camera }: { camera: CameraModel }) {
  const facts = camera.facts.value
  const zones = zonesNow(camera)
  if (!zones.length) return null
  const more = zones.length - MAX_ZONES
  return (
    <ul class="zones">
      {zones.slice(0, MAX_ZONES).map(zone => (
        <li key={zone.zone_id} data-zone={zone.zone_id}>
          <span class="name">{zoneName(facts, zone.zone_id)}</span>
          <span class="figures-now">
            <span title={t("zone.presentHint", { part: number(zone.area_occupancy_pct) })}>
              {t("zone.present", { n: number(zone.present) })}
            </span>
            <Speed zone={zone} />
            {zone.queue_veh !== null && <span>{queueText(zone)}</span>}
          </span>
          <LevelChip level={zone.congestion} />
        </li>
      ))}
      {more > 0 && <li class="more">{t("tile.moreZones", { n: number(more) })}</li>}
    </ul>
  )
}

function Speed({ zone }: { zone: ZoneNow }) {
  const text = speedText(zone)
  if (!text) return null
  return <span title={zone.speed_kmh === null ? t("zone.relativeHint") : undefined}>{text}</span>
}

export function FlowNow({ camera, lineId }: { camera: CameraModel; lineId: string }) {
  const line = lineNow(camera, lineId)
  if (!line) return null
  return (
    <span class="flow-now" title={t("line.flowHint")}>
      <Flow vehicles={line.into_veh_h} units={line.into_pcu_h} direction="in" />
      <Flow vehicles={line.out_veh_h} units={line.out_pcu_h} direction="out" />
    </span>
  )
}

interface FlowProps {
  vehicles: number | null
  units: number | null
  direction: "in" | "out"
}

function Flow({ vehicles, units, direction }: FlowProps) {
  const veh = vehicles === null ? t("value.none") : number(vehicles)
  const pcu = units === null ? t("value.none") : number(units)
  return (
    <span class="count" data-direction={direction}>
      <span class="unseen">{t(`direction.${direction}`)}</span>
      <span class="direction">{t("line.flow", { veh, pcu })}</span>
    </span>
  )
}

export function TrafficTables({ camera }: { camera: CameraModel }) {
  return (
    <>
      <ZoneTable camera={camera} />
      <LineTable camera={camera} />
    </>
  )
}

function ZoneTable({ camera }: { camera: CameraModel }) {
  const facts = camera.facts.value
  const zones = zonesNow(camera)
  if (!zones.length) return <p class="nothing">{t("now.none")}</p>
  return (
    <table class="counts now">
      <caption class="unseen">{t("now.title")}</caption>
      <thead>
        <tr>
          <th scope="col">{t("now.zone")}</th>
          <th scope="col">{t("now.present")}</th>
          <th scope="col">{t("now.covered")}</th>
          <th scope="col">{t("now.speed")}</th>
          <th scope="col">{t("now.queue")}</th>
        </tr>
      </thead>
      <tbody>
        {zones.map(zone => (
          <tr key={zone.zone_id}>
            <th scope="row">
              {zoneName(facts, zone.zone_id)} <LevelChip level={zone.congestion} />
            </th>
            <td>{number(zone.present)}</td>
            <td>{number(zone.area_occupancy_pct)} %</td>
            <td>{shortSpeed(zone)}</td>
            <td>{shortQueue(zone)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function LineTable({ camera }: { camera: CameraModel }) {
  const facts = camera.facts.value
  const lines = facts.lines.flatMap(line => lineNow(camera, line.id) ?? [])
  if (!lines.length) return null
  return (
    <table class="counts now">
      <thead>
        <tr>
          <th scope="col">{t("now.line")}</th>
          <th scope="col">{t("now.vehicles")}</th>
          <th scope="col">{t("now.units")}</th>
          <th scope="col">{t("now.speed")}</th>
        </tr>
      </thead>
      <tbody>{lines.map(line => lineRows(facts, line))}</tbody>
    </table>
  )
}

function lineRows(facts: Camera, now: LineNow) {
  const line = facts.lines.find(({ id }) => id === now.line_id)
  const name = line?.name || now.line_id
  const rows = [
    { direction: directionName(line?.in_name ?? "", "in"), vehicles: now.into_veh_h, units: now.into_pcu_h },
    { direction: directionName(line?.out_name ?? "", "out"), vehicles: now.out_veh_h, units: now.out_pcu_h },
  ]
  return rows.map(({ direction, vehicles, units }, index) => (
    <tr key={`${now.line_id} ${index}`}>
      <th scope="row">
        {name}, {direction}
      </th>
      <td>{orNone(vehicles)}</td>
      <td>{orNone(units)}</td>
      <td>{index === 0 ? orNone(now.speed_kmh) : ""}</td>
    </tr>
  ))
}

/** Zones that the worker reports, in the order of the camera's file. */
function zonesNow(camera: CameraModel): ZoneNow[] {
  const reported = camera.health.value.traffic?.zones ?? []
  const order = camera.facts.value.zones.map(zone => zone.id)
  return [...reported].sort((a, b) => order.indexOf(a.zone_id) - order.indexOf(b.zone_id))
}

function lineNow(camera: CameraModel, lineId: string): LineNow | undefined {
  return camera.health.value.traffic?.lines.find(line => line.line_id === lineId)
}

function speedText({ speed_kmh, relative_speed }: ZoneNow): string | null {
  if (speed_kmh !== null) return t("zone.speed", { n: number(speed_kmh) })
  return relative_speed === null ? null : t("zone.relative", { n: number(relative_speed * 100) })
}

function shortSpeed({ speed_kmh, relative_speed }: ZoneNow): string {
  if (speed_kmh !== null) return `${number(speed_kmh)} km/h`
  return relative_speed === null ? t("value.none") : `${number(relative_speed * 100)} %`
}

function queueText({ queue_veh, queue_length_m }: ZoneNow): string {
  const n = number(queue_veh ?? 0)
  return queue_length_m === null
    ? t("zone.queue", { n })
    : t("zone.queueLength", { n, m: number(queue_length_m) })
}

function shortQueue({ queue_veh, queue_length_m }: ZoneNow): string {
  if (queue_veh === null) return t("value.none")
  return queue_length_m === null ? number(queue_veh) : `${number(queue_veh)}, ${number(queue_length_m)} m`
}

function orNone(value: number | null): string {
  return value === null ? t("value.none") : number(value)
}
