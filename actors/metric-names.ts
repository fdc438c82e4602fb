/** The registry of metrics the inner rings report; `src/metrics.ts` exposes them, a page lists them. */

import { counter, gauge, histogram, kept } from './metric-shape.ts';
import type { Metric } from './metric-shape.ts';
import { replicationMetrics } from './replication-metric-names.ts';

export const metrics = {
  fairlead_commands_total: counter(
    'Commands answered, by fault code or ok',
    'kind',
    'verb',
    'code',
  ),
  fairlead_turns_total: counter('Turns by how they ended', 'kind', 'result'),
  fairlead_turn_seconds: histogram('From taking a message to its commit', 'kind'),
  fairlead_effects_total: counter('Effects by outcome: ok, or the fault type', 'effect', 'outcome'),
  fairlead_effect_seconds: histogram('From the open gate to the result', 'effect'),
  fairlead_store_writes_total: counter('Record writes: written, stale, unknown', 'outcome'),
  fairlead_store_write_seconds: histogram('One record write until its answer'),
  fairlead_record_bytes: histogram('Size of committed records', 'kind'),
  fairlead_events_published_total: counter('Events published', 'kind', 'event'),
  fairlead_publish_failures_total: counter('Event publishes that were not confirmed'),
  fairlead_steps_published_total: counter('Steps that the stream has stored', 'kind'),
  fairlead_steps_dropped_total: counter(
    'Steps not told: full, refused, overtaken, stopped; or not told whole: observer, unbuildable',
    'reason',
  ),
  fairlead_dead_letters_total: counter('Commands that will never run, by fault code', 'code'),
  fairlead_timers_fired_total: counter('Durable timers that fired', 'kind'),
  fairlead_poison_total: counter('Turns that threw and were discarded', 'kind'),
  fairlead_stale_total: counter('Actors cut because somebody else wrote', 'kind'),
  fairlead_polls_total: counter('Looks at the cloud: ok or failed', 'outcome'),
  fairlead_retry_attempts_total: counter('Attempts begun, by number', 'policy', 'n'),
  fairlead_retry_exhausted_total: counter('Operations given up, by last fault', 'policy', 'type'),
  fairlead_retry_outcomes_total: counter(
    'Operations that ended, by state and last fault type',
    'policy',
    'outcome',
    'type',
  ),
  fairlead_operation_seconds: histogram(
    'Operations from their intent to their end, waits included',
    'effect',
    'outcome',
  ),
  fairlead_operations_in_flight: gauge('Operations under way, waiting ones included', 'effect'),
  fairlead_operations_parked: gauge(
    'Operations that wait: circuit, paused, hint, budget, rateLimit, bulkhead',
    'reason',
  ),
  fairlead_effects_in_flight: gauge('Calls of operations under way'),
  fairlead_effects_waiting: gauge('Calls of operations that wait for a place in this host'),
  fairlead_retry_delay_seconds: histogram('Waits before the next attempt', 'policy'),
  fairlead_errors_total: counter('Faults of calls to a provider', 'type', 'service'),
  fairlead_breaker_calls_total: counter(
    'Calls by outcome: ok, slow, failed, ignored, rejected',
    'breaker',
    'outcome',
  ),
  fairlead_breaker_transitions_total: counter('Changes of state', 'breaker', 'from', 'to'),
  fairlead_breaker_call_seconds: kept(
    histogram('Calls that were made, until their answer', 'breaker'),
  ),
  fairlead_ratelimit_allowed_total: counter('Calls that got a token', 'key'),
  fairlead_ratelimit_rejected_total: counter('Calls refused for want of a token', 'key'),
  fairlead_ratelimit_wait_seconds: histogram('Waits for a token', 'key'),
  fairlead_bulkhead_rejected_total: counter('Calls refused for want of a place', 'key'),
  fairlead_bulkhead_wait_seconds: histogram('Waits for a place', 'key'),
  fairlead_idempotency_lookups_total: counter(
    'Claims of calls by what the store held: hit, miss, pending, expired',
    'result',
  ),
  fairlead_idempotency_duplicates_total: counter(
    'Repeats of calls and commands: folded into the stored result, or run again',
    'result',
  ),
  fairlead_idempotency_unreachable_total: counter('Times the idempotency store gave no answer'),
  fairlead_idempotency_pending_oldest_seconds: gauge('Age of the oldest call without a result'),
  fairlead_batch_items_total: counter('Gathered calls by outcome: ok, failed', 'op', 'outcome'),
  fairlead_batch_seconds: histogram('One batch with its repeats', 'op'),
  fairlead_fanout_seconds: histogram('One fan-out, from the first job to the last', 'kind'),
  fairlead_fanout_efficiency_ratio: gauge(
    'T1 / (c × Tc) of the last fan-out without a failure',
    'kind',
  ),
  fairlead_breaker_state: gauge(
    '0 closed, 1 half-open, 2 open, 3 isolated, 4 metrics only',
    'breaker',
  ),
  fairlead_breaker_in_state: gauge('1 for the state a breaker is in', 'breaker', 'state'),
  fairlead_breaker_waiting: gauge('Operations that wait for a circuit', 'breaker'),
  fairlead_retry_budget_tokens: gauge('Retries that may still be made', 'key'),
  fairlead_ratelimit_rate: gauge('Calls a second allowed now', 'key'),
  fairlead_bulkhead_inflight: gauge('Calls in flight', 'key'),
  fairlead_bulkhead_queued: gauge('Calls waiting for a place', 'key'),
  fairlead_slo_budget_remaining: gauge('Share of the error budget that is left', 'slo'),
  fairlead_slo_budget_consumed: gauge('Share of the error budget that is spent', 'slo'),
  fairlead_slo_burn_rate: gauge(
    'Speed of spending; 1 spends the budget within its window',
    'slo',
    'window',
  ),
  fairlead_slo_budget_exhausted_total: counter('Times a budget ran out', 'slo'),
  fairlead_degradation_level: gauge('0 normal, 1 degraded, 2 severe, 3 emergency'),
  fairlead_health_status: gauge('1 healthy, 0 unhealthy, -1 not known yet', 'check'),
  fairlead_health_check_seconds: histogram('One probe until its answer', 'check'),
  fairlead_health_checks_total: counter('Probes made: passed or failed', 'check', 'result'),
  fairlead_turn_errors_total: counter('Turns that threw or grew too large', 'kind', 'type'),
  fairlead_mailbox_depth: gauge('Messages that wait or are handled', 'kind'),
  fairlead_clusters: gauge('Clusters by phase', 'state'),
  fairlead_phase_seconds: histogram('Time spent in a phase', 'kind', 'phase', 'size'),
  fairlead_phase_outcomes_total: counter(
    'Phases left: done, failed or abandoned',
    'kind',
    'phase',
    'outcome',
  ),
  fairlead_breakers: gauge('Circuits by class and state', 'class', 'state'),
  fairlead_build_info: gauge(
    '1; its labels say what runs',
    'version',
    'git_sha',
    'node_version',
    'component',
  ),
  fairlead_nodes_registering_oldest_seconds: gauge(
    'How long a running machine has been without its SSM agent',
  ),
  fairlead_residents: gauge('Actors in memory', 'kind'),
  fairlead_actor_rests_total: counter('Actors that left memory: idle, or to make room', 'cause'),
  fairlead_actor_wakes_total: counter(
    'Actors brought into memory again: command, observation, or timer for what was due',
    'cause',
  ),
  fairlead_quarantined: gauge('Actors held for inspection'),
  fairlead_outbox_pending: gauge('Committed events still to be published'),
  fairlead_mailbox_waiting: gauge('Messages waiting for their turn'),
  fairlead_mailbox_oldest_seconds: gauge('Age of the oldest waiting message'),
  fairlead_inspector_requests_total: counter('Requests to the inspector by status', 'code'),
  fairlead_inspector_streams: gauge('Pages that read from this host'),
  fairlead_inspector_feed_lag: gauge('Steps the log holds that this host has not seen yet'),
  fairlead_inspector_resyncs_total: counter('Times a page was told to read again'),
  fairlead_lease_held: gauge('1 while this host runs a partition at least'),
  fairlead_partitions_owned: gauge('Partitions this host runs'),
  fairlead_takeovers_total: counter('Partitions taken, loaded and consumed'),
  fairlead_takeover_seconds: histogram('From asking for the lease of a partition to consuming it'),
  fairlead_leases_lost_total: counter('Partitions lost: late, taken, contested, replaced', 'cause'),
  ...replicationMetrics,
} as const satisfies Record<string, Metric>;
export type MetricName = keyof typeof metrics;

/** The present value of a gauge, or of a histogram that is kept in plain numbers. */
export interface MetricReading {
  readonly metric: MetricName;
  /** Of a histogram: the sum. */
  readonly value: number;
  readonly labels?: Readonly<Record<string, string>>;
  /** Counts by bucket, not cumulative, one more than there are bounds. */
  readonly histogram?: { readonly bounds: readonly number[]; readonly counts: readonly number[] };
}
