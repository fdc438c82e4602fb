/** Bounds of the inspector towards viewers of other makers. */

/** Viewers that read this host's actors over a WebSocket. */
export const viewers = {
  connectionsMax: 5,
  /** Actors one viewer follows. */
  actorsMax: 50,
  /** Machines told of one actor, itself included; those beyond are left out. */
  machinesMax: 100,
  /** One message from a viewer. */
  messageBytesMax: 64 * 1_024,
  /** Not yet taken by the viewer; above that it is sent away, and may come again. */
  unsentBytesMax: 16 * 1_024 * 1_024,
  /** Steps of one actor that wait for its image. */
  waitingStepsMax: 200,
  /** Commands of one viewer that are under way. */
  commandsMax: 5,
  /** A viewer that has not answered the last ping is gone. */
  pingMs: 30_000,
  /** How long a viewer may take to say goodbye. */
  closeMs: 1_000,
} as const;

/** What `/inspect/view` takes in from an app of somebody else. */
export const foreign = {
  actorsMax: 200,
  eventsMax: 500,
  /** Of one message as JSON, in characters. */
  messageCharactersMax: 1_000_000,
  /** Of all that is kept, as JSON, in characters; the oldest events go first, then the oldest stopped actors. */
  keptCharactersMax: 20_000_000,
  /** Names, ids, event types. */
  nameCharactersMax: 300,
  /** States of one machine that are drawn. */
  statesMax: 2_000,
  depthMax: 20,
  /** Of a context as text. */
  shownCharactersMax: 50_000,
} as const;
