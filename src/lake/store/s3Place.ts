import { FinanceDbError } from '../../errors/financeDbError.ts';

/** Where an S3-compatible store is, and who we are to it. */
export interface S3Place {
  readonly bucket: string;
  /** Without slashes at its ends; empty for the bucket itself. */
  readonly prefix: string;
  /** Address of the bucket, without a slash at its end. */
  readonly url: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | undefined;
}

/**
 * Reads `s3://bucket/prefix`, and the variables that AWS's own tools read. Stores with an address of their own are asked by path
 * (`ENDPOINT/BUCKET`), unless AWS_S3_FORCE_PATH_STYLE is false.
 * @returns null when the place is no such address
 * @throws FinanceDbError CONFIG naming what is missing
 */
export function parseS3Place(place: string, env: NodeJS.ProcessEnv): S3Place | null {
  const match = /^s3a?:\/\/([^/]*)\/?(.*)$/.exec(place);
  if (match === null) return null;
  const [, bucket = '', rest = ''] = match;
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket))
    throw new FinanceDbError('CONFIG', `${place}: expected s3://BUCKET/PREFIX, with the name of a bucket`);
  const prefix = rest.replace(/^\/+|\/+$/g, '');
  if (!/^[A-Za-z0-9_.=/-]*$/.test(prefix))
    throw new FinanceDbError('CONFIG', `${place}: a prefix is of letters, digits and any of _ . = - /`);
  const [accessKeyId, secretAccessKey] = [env['AWS_ACCESS_KEY_ID'], env['AWS_SECRET_ACCESS_KEY']];
  if (!accessKeyId || !secretAccessKey)
    throw new FinanceDbError(
      'CONFIG',
      `${place} needs credentials, and AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY is not set`,
    );
  const region = env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || 'us-east-1';
  const endpoint = (env['AWS_ENDPOINT_URL_S3'] || env['AWS_ENDPOINT_URL'] || '').replace(/\/+$/, '');
  return {
    ...{ bucket, prefix, region, accessKeyId, secretAccessKey },
    url: bucketUrl(bucket, region, endpoint, env['AWS_S3_FORCE_PATH_STYLE']),
    sessionToken: env['AWS_SESSION_TOKEN'] || undefined,
  };
}

function bucketUrl(bucket: string, region: string, endpoint: string, pathStyle: string | undefined): string {
  const byPath = pathStyle === undefined || pathStyle === '' ? endpoint !== '' : !/^(false|0|no)$/i.test(pathStyle);
  const base = endpoint === '' ? `https://s3.${region}.amazonaws.com` : endpoint;
  if (!/^https?:\/\/[^/]+/.test(base))
    throw new FinanceDbError(
      'CONFIG',
      `AWS_ENDPOINT_URL: expected http:// or https:// and a host, found ${JSON.stringify(base)}`,
    );
  return byPath ? `${base}/${bucket}` : base.replace('://', `://${bucket}.`);
}
