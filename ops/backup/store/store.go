// Package store keeps backups.
package store

import (
	_ "github.com/minio/minio-go/v7"
	_ "gocloud.dev/blob"
	_ "gocloud.dev/blob/azureblob"
	_ "gocloud.dev/blob/fileblob"
	_ "gocloud.dev/blob/gcsblob"
)
