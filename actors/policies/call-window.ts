/** The outcomes of one breaker's last calls, one byte each: what is older than a minute is forgotten when looked at. */
import { resilience } from '../../machines/limits.ts';

export type CallOutcome = 'ok' | 'failed' | 'slow';

const codes = { ok: 1, failed: 2, slow: 3 } as const;
const ageMax = Math.floor(resilience.windowMs / 1_000);

/**
 * A ring of 100 bytes: six bits of coarse clock (seconds, modulo 64), two bits of outcome. Ages stay unambiguous because
 * everything older than a minute is dropped before the clock moves on.
 */
export class CallWindow {
  readonly #slots = new Uint8Array(resilience.windowCalls);
  #oldest = 0;
  #size = 0;
  #failed = 0;
  #slow = 0;
  #second = 0;
  /** End of the present second. */
  #untilMs = 0;

  add(outcome: CallOutcome, nowMs: number): void {
    this.#advance(nowMs);
    if (this.#size >= this.#slots.length) this.#drop();
    let code: number = codes.ok;
    if (outcome === 'failed') {
      code = codes.failed;
      this.#failed += 1;
    } else if (outcome === 'slow') {
      code = codes.slow;
      this.#slow += 1;
    }
    let index = this.#oldest + this.#size;
    if (index >= this.#slots.length) index -= this.#slots.length;
    this.#slots[index] = ((this.#second & 63) << 2) | code;
    this.#size += 1;
  }

  read(nowMs: number): { readonly calls: number; readonly failed: number; readonly slow: number } {
    this.#advance(nowMs);
    return { calls: this.#size, failed: this.#failed, slow: this.#slow };
  }

  clear(): void {
    this.#size = 0;
    this.#failed = 0;
    this.#slow = 0;
  }

  #advance(nowMs: number): void {
    if (nowMs < this.#untilMs) return;
    const second = Math.floor(nowMs / 1_000);
    this.#untilMs = (second + 1) * 1_000;
    const passed = second - this.#second;
    if (passed <= 0) return;
    if (passed > ageMax) this.clear();
    // Ages are read against the old second, at which none was above the maximum.
    while (this.#size > 0 && this.#ageOfOldest() + passed > ageMax) this.#drop();
    this.#second = second;
  }

  #ageOfOldest(): number {
    return (this.#second - ((this.#slots[this.#oldest] ?? 0) >> 2)) & 63;
  }

  #drop(): void {
    const code = (this.#slots[this.#oldest] ?? 0) & 3;
    if (code === codes.failed) this.#failed -= 1;
    else if (code === codes.slow) this.#slow -= 1;
    this.#oldest = this.#oldest + 1 === this.#slots.length ? 0 : this.#oldest + 1;
    this.#size -= 1;
  }
}
