package main

import (
	"bytes"
	"encoding/gob"
	"errors"
	"reflect"
	"testing"
	"time"

	"dbbot/ops"
	"dbbot/ops/postgres"
)

// Every field of a status must survive the way to another replica; one that does not would be shown as good.
func TestStatusSurvivesTheWayToAnotherReplica(t *testing.T) {
	var full postgres.Status
	fill(t, reflect.ValueOf(&full).Elem(), 1)
	full.Down, full.At = nil, time.Now().UTC().Truncate(0)
	full.Size.Fault.Cause = errors.New("password=swordfish")
	data, err := encodeStatus(full)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(data, []byte("swordfish")) {
		t.Error("a hidden cause went along")
	}
	var got postgres.Status
	if err := gob.NewDecoder(bytes.NewReader(data)).Decode(&got); err != nil {
		t.Fatal(err)
	}
	full.Size.Fault.Cause = nil
	if !reflect.DeepEqual(got, full) {
		t.Errorf("got  %+v\nwant %+v", got, full)
	}
}

// fill sets every exported field to something that is not zero.
func fill(t *testing.T, v reflect.Value, n int64) {
	t.Helper()
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem(), n+1)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Unix(1_700_000_000+n, 0).UTC()))
			return
		}
		for i := range v.NumField() {
			if !v.Type().Field(i).IsExported() {
				t.Fatalf("%s has the unexported field %s, which cannot travel", v.Type(), v.Type().Field(i).Name)
			}
			if v.Type() == reflect.TypeFor[ops.Error]() && v.Type().Field(i).Name == "Cause" {
				continue
			}
			fill(t, v.Field(i), n+int64(i)+1)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(t, v.Index(0), n+1)
		fill(t, v.Index(1), n+2)
	case reflect.String:
		v.SetString("text")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Float32, reflect.Float64:
		v.SetFloat(float64(n) + 0.5)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(uint64(n))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(n)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(t, key, n+1)
		fill(t, value, n+2)
		v.SetMapIndex(key, value)
	default:
		t.Fatalf("a %s in a status: teach this test to fill it", v.Type())
	}
}
