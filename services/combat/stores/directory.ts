/**
 * Directory: which combat instances live. Each beats a few times a second and hears of all others by the same call.
 * Order: an instance sees its own beats in order. Atomicity: a beat and what it hears are one moment.
 * Loss: a directory that lost everything fills itself again within one beat of each instance.
 * Every call rejects with StoreUnavailable when the directory is away or late.
 * Not here: when silence means death (session/watch.ts), who owns what (session-store.ts).
 */

export type Instance = {
  /** Stable over restarts of the same instance, for example host:port. */
  readonly name: string;
  /** Of this run of it: a UUID. */
  readonly boot: string;
  /** host:port of its gRPC, for those who route to it; empty until it listens. */
  readonly address: string;
};

/** `beats` grows with each beat of that instance. */
export type Heard = Instance & { readonly beats: number };

export type Directory = {
  /** Says that this instance lives; resolves to all that ever beat and neither left nor were forgotten, itself too. */
  beat(self: Instance): Promise<Heard[]>;
  /** This run ends by itself. */
  leave(self: Instance): Promise<void>;
  /** Takes a run out that is known to be dead. */
  forget(instance: Instance): Promise<void>;
  close(): Promise<void>;
};
