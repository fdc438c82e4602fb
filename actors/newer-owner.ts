/** Why commands of a partition cannot be consumed: a consumer under a higher epoch is there. */

export class NewerOwner extends Error {
  override readonly name = 'NewerOwner';
  readonly epoch: number;

  constructor(consumer: string, epoch: number, ours: number) {
    super(`commands are consumed by ${consumer}: a newer owner than epoch ${ours}`);
    this.epoch = epoch;
  }
}
