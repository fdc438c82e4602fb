/**
 * What EC2 and SSM may answer instead of a result: the code the SDK shows as `name`, and the HTTP status AWS sends with it.
 * EC2's service model declares no errors, so the catalogue is kept by hand; a code outside it is a bug of the simulator.
 */
const ec2Statuses = {
  AttachmentLimitExceeded: 400,
  AuthFailure: 401,
  ConcurrentSnapshotLimitExceeded: 400,
  DependencyViolation: 400,
  DryRunOperation: 412,
  IdempotentParameterMismatch: 400,
  IncorrectInstanceState: 400,
  IncorrectState: 400,
  InstanceLimitExceeded: 400,
  InsufficientFreeAddressesInSubnet: 400,
  InsufficientInstanceCapacity: 500,
  InsufficientVolumeCapacity: 500,
  InternalError: 500,
  InvalidAction: 400,
  'InvalidAMIID.Malformed': 400,
  'InvalidAMIID.NotFound': 400,
  'InvalidAttachment.NotFound': 400,
  'InvalidGroup.Duplicate': 400,
  'InvalidGroup.NotFound': 400,
  'InvalidGroupId.Malformed': 400,
  InvalidID: 400,
  'InvalidInstanceID.Malformed': 400,
  'InvalidInstanceID.NotFound': 400,
  InvalidInstanceType: 400,
  'InvalidKeyPair.NotFound': 400,
  InvalidNextToken: 400,
  InvalidParameterCombination: 400,
  InvalidParameterValue: 400,
  'InvalidPermission.Duplicate': 400,
  'InvalidPermission.NotFound': 400,
  'InvalidSnapshot.InUse': 400,
  'InvalidSnapshot.NotFound': 400,
  'InvalidSubnetID.NotFound': 400,
  'InvalidVolume.NotFound': 400,
  'InvalidVolume.ZoneMismatch': 400,
  'InvalidVpcID.NotFound': 400,
  InvalidZone: 400,
  MaxSpotInstanceCountExceeded: 400,
  MissingParameter: 400,
  NotImplemented: 501,
  OperationNotPermitted: 400,
  RequestLimitExceeded: 503,
  ResourceLimitExceeded: 400,
  ServiceUnavailable: 503,
  SnapshotCreationPerVolumeRateExceeded: 400,
  SnapshotLimitExceeded: 400,
  TagLimitExceeded: 400,
  UnauthorizedOperation: 403,
  UnknownParameter: 400,
  Unsupported: 400,
  UnsupportedOperation: 400,
  VcpuLimitExceeded: 400,
  VolumeInUse: 400,
  VolumeLimitExceeded: 400,
} as const;

const ssmStatuses = {
  AccessDeniedException: 400,
  DuplicateInstanceId: 400,
  InternalServerError: 500,
  InvalidCommandId: 400,
  InvalidDocument: 400,
  InvalidFilterKey: 400,
  InvalidFilterValue: 400,
  InvalidInstanceId: 400,
  InvalidInstanceInformationFilterValue: 400,
  InvalidParameters: 400,
  InvocationDoesNotExist: 400,
  MaxDocumentSizeExceeded: 400,
  ParameterAlreadyExists: 400,
  ParameterNotFound: 400,
  ParameterVersionNotFound: 400,
  SerializationException: 400,
  ThrottlingException: 400,
  UnknownOperationException: 400,
  UnrecognizedClientException: 400,
  ValidationException: 400,
} as const;

const statuses = { ...ec2Statuses, ...ssmStatuses };

export type AwsErrorCode = keyof typeof statuses;

/** A refusal as AWS words it; the codecs turn it into the error shape of their protocol. */
export class AwsError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: AwsErrorCode, message: string) {
    super(message);
    this.name = 'AwsError';
    this.code = code;
    this.status = statuses[code];
  }
}
