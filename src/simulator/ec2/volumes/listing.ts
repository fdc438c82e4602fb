/** One page of a listing of block storage, with EC2's rules for page sizes. */
import { AwsError } from '../../errors.ts';
import { paginate } from '../../paging.ts';

interface Wish {
  readonly MaxResults?: number | undefined;
  readonly NextToken?: string | undefined;
  readonly ids: readonly string[];
  readonly pageMax: number;
}

/** @throws AwsError `InvalidParameterCombination`, `InvalidParameterValue`, `InvalidNextToken` */
export function pageOf<Item>(
  items: readonly Item[],
  idOf: (item: Item) => string,
  wish: Wish,
): { readonly items: readonly Item[]; readonly more: { readonly NextToken?: string } } {
  const page = paginate(
    items,
    idOf,
    readPageMax(wish),
    wish.NextToken,
    () => new AwsError('InvalidNextToken', 'The specified NextToken is not valid.'),
  );
  const { nextToken } = page;
  return { items: page.items, more: nextToken === undefined ? {} : { NextToken: nextToken } };
}

function readPageMax({ MaxResults, ids, pageMax }: Wish): number | undefined {
  if (MaxResults === undefined) return undefined;
  if (ids.length > 0) {
    throw new AwsError(
      'InvalidParameterCombination',
      'Ids and the parameter maxResults cannot be used together',
    );
  }
  if (MaxResults >= 5) return Math.min(MaxResults, pageMax);
  throw new AwsError(
    'InvalidParameterValue',
    `Value ( ${String(MaxResults)} ) for parameter maxResults is invalid. Expecting a value greater than 5.`,
  );
}
