package workspace

import (
	"encoding/json"
	"math/big"
	"reflect"
	"strconv"
)

// Relations between the fields of one element that a table cannot say.

// initialAmongOptions wants every initial option to be one of the offered ones, field by field.
func initialAmongOptions(j *judge, at string, element map[string]any) {
	offered := offeredOptions(element)
	if one, ok := element["initial_option"].(map[string]any); ok && !among(offered, one) {
		j.fault(at+"/initial_option", "must exactly match one of the options")
	}
	several, _ := element["initial_options"].([]any)
	for i, one := range several[:min(len(several), maxOptions)] { // more than that is a fault already
		if !among(offered, one) {
			j.fault(at+"/initial_options/"+strconv.Itoa(i), "must exactly match one of the options")
		}
	}
}

func offeredOptions(element map[string]any) []any {
	offered, _ := element["options"].([]any)
	offered = offered[:min(len(offered), maxOptions)]
	groups, _ := element["option_groups"].([]any)
	for _, group := range groups[:min(len(groups), maxOptions)] {
		if g, ok := group.(map[string]any); ok {
			more, _ := g["options"].([]any)
			offered = append(offered[:len(offered):len(offered)], more[:min(len(more), maxOptions)]...)
		}
	}
	return offered
}

func among(offered []any, wanted any) bool {
	for _, one := range offered {
		if reflect.DeepEqual(one, wanted) {
			return true
		}
	}
	return false
}

// inOrder wants the first number to be no larger than the second.
func inOrder(low, high string) relation {
	return func(j *judge, at string, object map[string]any) {
		from, ok1 := object[low].(json.Number)
		to, ok2 := object[high].(json.Number)
		if !ok1 || !ok2 {
			return
		}
		a, err1 := from.Float64()
		b, err2 := to.Float64()
		if err1 == nil && err2 == nil && a > b {
			j.fault(at+"/"+low, "must be less than or equal to `%s`", high)
		}
	}
}

// numbersInOrder judges number_input, whose bounds are numbers written as strings.
func numbersInOrder(j *judge, at string, object map[string]any) {
	decimals := object["is_decimal_allowed"] == true
	values := map[string]*big.Rat{}
	for _, name := range []string{"min_value", "max_value", "initial_value"} {
		s, ok := object[name].(string)
		if !ok || len(s) > 255 { // the length has its own fault
			continue
		}
		v, ok := decimal(s)
		if !ok || !decimals && !v.IsInt() {
			j.fault(at+"/"+name, "must be a valid number")
			continue
		}
		values[name] = v
	}
	compare := func(low, high string) {
		if a, b := values[low], values[high]; a != nil && b != nil && a.Cmp(b) > 0 {
			j.fault(at+"/"+low, "must be less than or equal to `%s`", high)
		}
	}
	compare("min_value", "max_value")
	compare("min_value", "initial_value")
	compare("initial_value", "max_value")
}

// decimal reads "-1.5"; no exponent (it could name a number larger than memory), no fraction bar.
func decimal(s string) (*big.Rat, bool) {
	for i, r := range s {
		if !(r >= '0' && r <= '9' || r == '.' || r == '-' && i == 0) {
			return nil, false
		}
	}
	return new(big.Rat).SetString(s)
}
