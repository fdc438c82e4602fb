/** Metrics of replications: the nineteen names that dashboards of an earlier tool read, word for word, and ours. */
import { replicationEffects } from '../machines/replication-effects.ts';
import { publicStates, sides } from '../machines/replication-table.ts';
import { backendNames } from '../machines/specs.ts';
import { counter, gauge, histogram, kept, listing, within } from './metric-shape.ts';

/** 5 ms to 10 s: turns, discovery. */
const shortSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** 50 ms to 4 h: calls, some of which wait for copies. */
const callSeconds = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600, 14_400];
/** 1 s to 4 h: states and phases. */
const stateSeconds = [1, 2, 5, 10, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400];
/** 1 µs to 1 ms: reading and writing one object. */
const translationSeconds = [1e-6, 5e-6, 1e-5, 5e-5, 1e-4, 5e-4, 1e-3];

export const reconcileErrorTypes = [
  'invalid_state_transition',
  'validation_failed',
  'precondition',
  'conflict',
  'stale_epoch',
  'backend',
  'store',
  'poison',
] as const;
export type ReconcileErrorType = (typeof reconcileErrorTypes)[number];

export const healths = ['healthy', 'degraded', 'unhealthy', 'unknown'] as const;
export type ReplicationHealth = (typeof healths)[number];

const short = (effect: string): string => effect.slice('replication.'.length);
/** Methods of a back end, as labels name them. */
const backendOperations = [...replicationEffects.map(short), 'observe', 'estimate'];

const backend = backendNames;
const moves = { from_state: publicStates, to_state: publicStates };
const named = ['namespace', 'name'] as const;

export const replicationMetrics = {
  unified_replication_reconcile_total: listing(
    { result: ['success', 'error'] },
    kept(counter('Turns that observed, planned or answered', ...named, 'result')),
  ),
  unified_replication_reconcile_duration_seconds: within(
    shortSeconds,
    kept(histogram('Turns, from the message to the commit', ...named)),
  ),
  unified_replication_reconcile_errors_total: listing(
    { error_type: reconcileErrorTypes },
    kept(counter('Turns that refused or failed, by why', ...named, 'error_type')),
  ),
  unified_replication_state_transitions_total: listing(
    { ...moves, backend },
    counter('Public moves of endpoints', 'from_state', 'to_state', 'backend'),
  ),
  unified_replication_state_transition_duration_seconds: listing(
    moves,
    within(stateSeconds, histogram('Time spent in the state that was left', ...Object.keys(moves))),
  ),
  unified_replication_backend_operations_total: listing(
    { backend, operation: backendOperations, result: ['success', 'error', 'rejected'] },
    counter('Calls of back ends', 'backend', 'operation', 'result'),
  ),
  unified_replication_backend_operation_duration_seconds: listing(
    { backend, operation: backendOperations },
    within(callSeconds, histogram('Calls of back ends, until they ended', 'backend', 'operation')),
  ),
  unified_replication_state: listing(
    { state: publicStates },
    gauge('1 for the state of the recovery side, 0 for the six others', ...named, 'state'),
  ),
  unified_replication_mode: listing(
    { mode: ['asynchronous', 'synchronous'] },
    gauge('1 for the mode, 0 for the other one', ...named, 'mode'),
  ),
  unified_replication_health: gauge('1 healthy, else 0; unknown is 0', ...named),
  unified_replication_retry_attempts_total: kept(
    counter('Attempts of calls after the first', ...named),
  ),
  unified_replication_circuit_breaker_state: gauge(
    'Worst breaker of a class: 0 closed, 1 half-open, 2 open, 3 isolated, 4 metrics only',
    'operation',
  ),
  unified_replication_discovery_duration_seconds: within(
    shortSeconds,
    histogram('Looks at what a cluster offers, those that asked it'),
  ),
  unified_replication_discovery_cache_hits_total: counter('Looks answered from memory'),
  unified_replication_discovery_cache_misses_total: counter('Looks that asked the cluster'),
  unified_replication_translation_duration_seconds: listing(
    { backend, type: ['desired_state', 'observed_state', 'mode'] },
    within(
      translationSeconds,
      histogram('One translation to or from the words of a back end', 'backend', 'type'),
    ),
  ),
  unified_replication_translation_errors_total: listing(
    { backend, type: ['desired_state', 'observed_state', 'mode'] },
    counter('Values no table knows: a known word or other', 'backend', 'type', 'value'),
  ),
  unified_replication_active_total: gauge('Replications that are not deleted'),
  unified_replication_by_backend: listing(
    { backend },
    gauge('Replications that are not deleted, by back end', 'backend'),
  ),
  fairlead_replication_endpoint_state: listing(
    { endpoint: sides, state: publicStates },
    gauge('1 for the state an endpoint is in', ...named, 'endpoint', 'state'),
  ),
  fairlead_replication_endpoint_phase: listing(
    { endpoint: sides },
    gauge('1 for the phase an endpoint is in', ...named, 'endpoint', 'phase'),
  ),
  fairlead_replication_health_state: listing(
    { health: healths },
    gauge('1 for the health a replication has', ...named, 'health'),
  ),
  fairlead_replication_rpo_seconds: gauge('Age of the newest committed point', ...named),
  fairlead_replication_lag_ratio: gauge('That age as a multiple of the interval', ...named),
  fairlead_replication_last_sync_timestamp_seconds: gauge(
    'Point in time of the newest committed point of this epoch',
    ...named,
  ),
  fairlead_replication_epoch: gauge('Writer generation', ...named),
  fairlead_replication_data_loss_estimate_seconds: gauge(
    'What the last promotion lost at most; 0 after a planned one',
    ...named,
  ),
  fairlead_replication_fence_seconds: within(
    stateSeconds,
    histogram('From the first call of a fence to its last rung', 'backend', 'rung'),
  ),
  fairlead_replication_phase_seconds: within(
    stateSeconds,
    histogram('Time spent in a phase of an endpoint', 'phase'),
  ),
  fairlead_replication_point_bytes_total: listing(
    { backend },
    counter('Bytes copied for committed points, where the back end tells', 'backend'),
  ),
  fairlead_replication_ticks_overrun_total: listing(
    { backend },
    counter('Ticks that took longer than their interval', 'backend'),
  ),
  fairlead_replication_risk_accepted: gauge(
    '1 while an operator has accepted that two sides may write',
    ...named,
  ),
  fairlead_replication_single_writer_violation_total: listing(
    { backend },
    counter('Times both sides were seen writing without an accepted risk', 'backend'),
  ),
  fairlead_replication_looks_total: listing(
    { backend, outcome: ['ok', 'failed', 'stale'] },
    counter('Looks at endpoints: ok, failed or stale', 'backend', 'outcome'),
  ),
} as const;
