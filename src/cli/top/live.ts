/** `top` on a terminal: reads, draws and listens to keys until somebody ends it. */
import { exits } from '../exit-codes.ts';
import type { Exit } from '../exit-codes.ts';
import type { Screen, ScreenHearing } from '../screen.ts';
import type { Session } from '../session.ts';
import type { Terminal } from '../terminal.ts';
import { topLimits } from '../../../machines/limits-top.ts';
import { readDetail } from './detail.ts';
import type { Fleet } from './fleet.ts';
import { frame, pageRowsOf } from './frame.ts';
import { KeyReader } from './keys.ts';
import type { Key } from './keys.ts';
import type { Pen, Size } from './pen.ts';
import { keyPressed } from './pressed.ts';
import { queryOf, withBoard, withDetail } from './state.ts';
import type { TopState } from './state.ts';

export interface LiveParts {
  readonly terminal: Terminal;
  readonly takeScreen: (hearing: ScreenHearing) => Screen;
  readonly session: Session;
  readonly fleet: Fleet;
  readonly pen: Pen;
  readonly everyMs: number;
  /** Aborts when the time is over, or with Ctrl-C from outside. */
  readonly signal: AbortSignal;
}

/** The terminal is given back also when drawing fails. */
export async function runLive(parts: LiveParts, opening: TopState): Promise<Exit> {
  const top = new LiveTop(parts, opening);
  try {
    return await top.ended;
  } finally {
    top.stop();
  }
}

class LiveTop {
  readonly ended: Promise<Exit>;
  readonly #parts: LiveParts;
  readonly #screen: Screen;
  readonly #keys: KeyReader;
  readonly #timer: NodeJS.Timeout;
  #state: TopState;
  /** What is read: the fleet, or what it was when somebody pressed `p`. */
  #source: Pick<Fleet, 'read'>;
  #isAsking = false;
  #finish: (exit: Exit) => void = () => undefined;
  #fail: (error: unknown) => void = () => undefined;
  readonly #interrupted = (): void => {
    this.#finish(this.#parts.terminal.interrupted.aborted ? exits.interrupted : exits.ok);
  };

  constructor(parts: LiveParts, opening: TopState) {
    this.#parts = parts;
    this.#state = opening;
    this.#source = parts.fleet;
    this.ended = new Promise((resolve, reject) => {
      this.#finish = resolve;
      this.#fail = reject;
    });
    this.#keys = new KeyReader((key) => {
      this.#guarded(() => {
        this.#press(key);
      });
    }, topLimits.escapeMs);
    this.#screen = parts.takeScreen({
      typed: (text) => {
        this.#keys.push(text);
      },
      resized: () => {
        this.#guarded(() => {
          this.#draw();
        });
      },
    });
    const tick = (): void => {
      this.#guarded(() => {
        this.#readAndDraw();
      });
    };
    this.#timer = setInterval(tick, parts.everyMs);
    parts.signal.addEventListener('abort', this.#interrupted, { once: true });
    if (parts.signal.aborted) this.#interrupted();
    // What is stored comes within moments: the first picture does not wait for the next round.
    void parts.fleet.ready.then(tick);
    tick();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#keys.stop();
    this.#parts.signal.removeEventListener('abort', this.#interrupted);
    this.#screen.release();
  }

  #press(key: Key): void {
    const before = this.#state;
    this.#state = keyPressed(before, key, pageRowsOf(this.#size()));
    const { end, isPaused } = this.#state;
    if (end !== undefined) {
      this.#finish(end === 'quit' ? exits.ok : exits.interrupted);
      return;
    }
    const { fleet } = this.#parts;
    if (isPaused !== before.isPaused) this.#source = isPaused ? fleet.frozen() : fleet;
    this.#readAndDraw();
  }

  #readAndDraw(): void {
    const { scopeQuery, sort, view, chosen } = this.#state;
    const focus = view === 'list' ? '' : chosen;
    const asked = { scopeQuery, q: queryOf(this.#state), sort, focus };
    this.#state = withBoard(this.#state, this.#source.read(asked));
    this.#draw();
    void this.#askDetail();
  }

  #draw(): void {
    this.#screen.draw(frame(this.#state, this.#size(), this.#parts.pen));
  }

  /** Asks a host when the pane is open and the resource has changed since; one question at a time. */
  async #askDetail(): Promise<void> {
    const { view, chosen, detail, board } = this.#state;
    const { focus } = board;
    if (view !== 'detail' || focus === undefined || this.#isAsking) return;
    if (detail?.actor === chosen && detail.seq === focus.seq) return;
    this.#isAsking = true;
    const { session, pen } = this.#parts;
    const read = await readDetail(session, chosen, focus.seq, pen);
    this.#isAsking = false;
    this.#guarded(() => {
      this.#state = withDetail(this.#state, read);
      this.#draw();
    });
  }

  #size(): Size {
    const { terminal } = this.#parts;
    return { columns: terminal.columns(), rows: terminal.rows?.() ?? 24 };
  }

  #guarded(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#fail(error);
    }
  }
}
