// Package dump takes backups.
package dump

import (
	_ "filippo.io/age"
	_ "github.com/DataDog/zstd"
)
