// An oracle for RBAC: reads {"manifests": text, "requests": [SubjectAccessReview spec]} on each line of standard input
// and answers with what the code of Kubernetes itself says: its decoder, defaults, validation, aggregation and authorizer.
// With the argument bootstrap it prints the roles and bindings that every cluster begins with, as a List.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"reflect"
	"sort"
	"strings"
	"unsafe"

	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/validation/field"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/authorization/authorizerfactory"
	"k8s.io/apiserver/pkg/authorization/union"
	rbacapply "k8s.io/client-go/applyconfigurations/rbac/v1"
	"k8s.io/client-go/informers"
	rbacclient "k8s.io/client-go/kubernetes/typed/rbac/v1"
	rbaclisters "k8s.io/client-go/listers/rbac/v1"
	"k8s.io/client-go/tools/cache"
	authorizationapi "k8s.io/kubernetes/pkg/apis/authorization"
	authorizationinternal "k8s.io/kubernetes/pkg/apis/authorization/v1"
	rbacapi "k8s.io/kubernetes/pkg/apis/rbac"
	rbacinstall "k8s.io/kubernetes/pkg/apis/rbac/install"
	rbacvalidation "k8s.io/kubernetes/pkg/apis/rbac/validation"
	"k8s.io/kubernetes/pkg/controller/clusterroleaggregation"
	authorizationutil "k8s.io/kubernetes/pkg/registry/authorization/util"
	"k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac"
	"k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac/bootstrappolicy"
)

type decision struct {
	Allowed bool   `json:"allowed"`
	Reason  string `json:"reason"`
}

type answer struct {
	Error string `json:"error,omitempty"`
	// Fields that validation refuses, by object.
	Refused   map[string][]string `json:"refused,omitempty"`
	Decisions []decision          `json:"decisions,omitempty"`
}

var (
	scheme  = runtime.NewScheme()
	decoder runtime.Decoder
)

func init() {
	rbacinstall.Install(scheme)
	if err := corev1.AddToScheme(scheme); err != nil {
		panic(err)
	}
	if err := authorizationapi.AddToScheme(scheme); err != nil {
		panic(err)
	}
	if err := authorizationinternal.AddToScheme(scheme); err != nil {
		panic(err)
	}
	codecs := serializer.NewCodecFactory(scheme)
	decoder = codecs.UniversalDeserializer()
}

// cluster holds the objects; bindings are listed in the order in which they came, where the API server has none.
type cluster struct {
	roles, clusterRoles cache.Indexer
	bindings            []*rbacv1.RoleBinding
	clusterBindings     []*rbacv1.ClusterRoleBinding
}

func (c *cluster) ListRoleBindings(_ context.Context, namespace string) (found []*rbacv1.RoleBinding, _ error) {
	for _, b := range c.bindings {
		if b.Namespace == namespace {
			found = append(found, b)
		}
	}
	return found, nil
}

func (c *cluster) ListClusterRoleBindings(context.Context) ([]*rbacv1.ClusterRoleBinding, error) {
	return c.clusterBindings, nil
}

func (c *cluster) add(object runtime.Object) {
	accessor, _ := meta.Accessor(object)
	same := func(other metav1.Object) bool {
		return other.GetName() == accessor.GetName() && other.GetNamespace() == accessor.GetNamespace()
	}
	switch o := object.(type) {
	case *rbacv1.Role:
		c.roles.Add(o)
	case *rbacv1.ClusterRole:
		o.Namespace = ""
		c.clusterRoles.Add(o)
	case *rbacv1.RoleBinding:
		for i, b := range c.bindings {
			if same(b) {
				c.bindings[i] = o
				return
			}
		}
		c.bindings = append(c.bindings, o)
	case *rbacv1.ClusterRoleBinding:
		o.Namespace = ""
		for i, b := range c.clusterBindings {
			if same(b) {
				c.clusterBindings[i] = o
				return
			}
		}
		c.clusterBindings = append(c.clusterBindings, o)
	}
}

// isMissing tells of an object that is none of RBAC.
func isMissing(err error) bool {
	return runtime.IsNotRegisteredError(err) || runtime.IsMissingKind(err) || runtime.IsMissingVersion(err)
}

func (c *cluster) decode(raw []byte, out *answer) error {
	object, _, err := decoder.Decode(raw, nil, nil)
	if isMissing(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if list, ok := object.(*corev1.List); ok {
		for _, item := range list.Items {
			if err := c.decode(item.Raw, out); err != nil {
				return err
			}
		}
		return nil
	}
	if meta.IsListType(object) {
		return meta.EachListItem(object, func(item runtime.Object) error { c.take(item, out); return nil })
	}
	c.take(object, out)
	return nil
}

func (c *cluster) take(object runtime.Object, out *answer) {
	scheme.Default(object)
	var errs field.ErrorList
	var name string
	switch o := object.(type) {
	case *rbacv1.Role:
		internal := &rbacapi.Role{}
		must(scheme.Convert(o, internal, nil))
		errs, name = rbacvalidation.ValidateRole(internal), "Role "+o.Namespace+"/"+o.Name
	case *rbacv1.ClusterRole:
		o.Namespace = ""
		internal := &rbacapi.ClusterRole{}
		must(scheme.Convert(o, internal, nil))
		errs, name = rbacvalidation.ValidateClusterRole(internal, rbacvalidation.ClusterRoleValidationOptions{}), "ClusterRole "+o.Name
	case *rbacv1.RoleBinding:
		internal := &rbacapi.RoleBinding{}
		must(scheme.Convert(o, internal, nil))
		errs, name = rbacvalidation.ValidateRoleBinding(internal), "RoleBinding "+o.Namespace+"/"+o.Name
	case *rbacv1.ClusterRoleBinding:
		o.Namespace = ""
		internal := &rbacapi.ClusterRoleBinding{}
		must(scheme.Convert(o, internal, nil))
		errs, name = rbacvalidation.ValidateClusterRoleBinding(internal), "ClusterRoleBinding "+o.Name
	default:
		return
	}
	fields := map[string]bool{}
	for _, e := range errs {
		fields[e.Field] = true
	}
	list := []string{}
	for f := range fields {
		list = append(list, f)
	}
	sort.Strings(list)
	if len(list) > 0 {
		out.Refused[name] = list
	} else {
		delete(out.Refused, name)
	}
	c.add(object)
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// applier takes what the controller of aggregation applies.
type applier struct {
	rbacclient.ClusterRoleInterface
	indexer cache.Indexer
}

func (a *applier) ClusterRoles() rbacclient.ClusterRoleInterface { return a }

func (a *applier) Apply(_ context.Context, role *rbacapply.ClusterRoleApplyConfiguration, _ metav1.ApplyOptions) (*rbacv1.ClusterRole, error) {
	found, _, _ := a.indexer.GetByKey(*role.Name)
	changed := found.(*rbacv1.ClusterRole).DeepCopy()
	changed.Rules = nil
	for _, r := range role.Rules {
		changed.Rules = append(changed.Rules, rbacv1.PolicyRule{Verbs: r.Verbs, APIGroups: r.APIGroups, Resources: r.Resources, ResourceNames: r.ResourceNames, NonResourceURLs: r.NonResourceURLs})
	}
	return changed, a.indexer.Update(changed)
}

// aggregate runs the controller on the roles that came without rules, until it has nothing more to do.
func (c *cluster) aggregate() {
	open := []string{}
	for _, each := range c.clusterRoles.List() {
		if role := each.(*rbacv1.ClusterRole); role.AggregationRule != nil && len(role.Rules) == 0 {
			open = append(open, role.Name)
		}
	}
	if len(open) == 0 {
		return
	}
	informer := informers.NewSharedInformerFactory(nil, 0).Rbac().V1().ClusterRoles()
	indexer := informer.Informer().GetIndexer()
	for _, each := range c.clusterRoles.List() {
		indexer.Add(each)
	}
	controller := clusterroleaggregation.NewClusterRoleAggregation(informer, &applier{indexer: indexer})
	handler := reflect.ValueOf(controller).Elem().FieldByName("syncHandler")
	sync := *(*func(context.Context, string) error)(unsafe.Pointer(handler.UnsafeAddr()))
	for round := 0; round <= len(open)+1; round++ {
		for _, name := range open {
			_ = sync(context.Background(), name)
		}
	}
	c.clusterRoles = indexer
}

func judge(manifests string, requests []json.RawMessage) answer {
	c := &cluster{
		roles:        cache.NewIndexer(cache.MetaNamespaceKeyFunc, cache.Indexers{}),
		clusterRoles: cache.NewIndexer(cache.MetaNamespaceKeyFunc, cache.Indexers{}),
	}
	out := answer{Refused: map[string][]string{}}
	documents := utilyaml.NewYAMLOrJSONDecoder(bytes.NewReader([]byte(manifests)), 4096)
	for {
		var raw runtime.RawExtension
		err := documents.Decode(&raw)
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			raw.Raw = bytes.TrimSpace(raw.Raw)
			if len(raw.Raw) == 0 || string(raw.Raw) == "null" {
				continue
			}
			err = c.decode(raw.Raw, &out)
		}
		if err != nil {
			return answer{Error: err.Error()}
		}
	}
	c.aggregate()
	chain := union.New(
		authorizerfactory.NewPrivilegedGroups(user.SystemPrivilegedGroup),
		rbac.New(
			&rbac.RoleGetter{Lister: rbaclisters.NewRoleLister(c.roles)}, c,
			&rbac.ClusterRoleGetter{Lister: rbaclisters.NewClusterRoleLister(c.clusterRoles)}, c,
		),
	)
	for _, raw := range requests {
		var spec authorizationv1.SubjectAccessReviewSpec
		must(json.Unmarshal(raw, &spec))
		internal := &authorizationapi.SubjectAccessReviewSpec{}
		must(authorizationinternal.Convert_v1_SubjectAccessReviewSpec_To_authorization_SubjectAccessReviewSpec(&spec, internal, nil))
		decided, reason, err := chain.Authorize(context.Background(), authorizationutil.AuthorizationAttributesFrom(*internal))
		must(err)
		out.Decisions = append(out.Decisions, decision{decided == authorizer.DecisionAllow, reason})
	}
	return out
}

// printBootstrap prints the roles and bindings that every cluster begins with.
func printBootstrap() {
	list := &corev1.List{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "List"}}
	add := func(kind string, object runtime.Object) {
		object.GetObjectKind().SetGroupVersionKind(rbacv1.SchemeGroupVersion.WithKind(kind))
		list.Items = append(list.Items, runtime.RawExtension{Object: object})
	}
	for _, r := range bootstrappolicy.ClusterRoles() {
		add("ClusterRole", &r)
	}
	for _, r := range bootstrappolicy.ControllerRoles() {
		add("ClusterRole", &r)
	}
	for _, b := range append(bootstrappolicy.ClusterRoleBindings(), bootstrappolicy.ControllerRoleBindings()...) {
		add("ClusterRoleBinding", &b)
	}
	for _, roles := range bootstrappolicy.NamespaceRoles() {
		for _, r := range roles {
			add("Role", &r)
		}
	}
	for _, bindings := range bootstrappolicy.NamespaceRoleBindings() {
		for _, b := range bindings {
			add("RoleBinding", &b)
		}
	}
	must(json.NewEncoder(os.Stdout).Encode(list))
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "bootstrap" {
		printBootstrap()
		return
	}
	in := bufio.NewReader(os.Stdin)
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for {
		line, err := in.ReadString('\n')
		if strings.TrimSpace(line) != "" {
			var c struct {
				Manifests string
				Requests  []json.RawMessage
			}
			must(json.Unmarshal([]byte(line), &c))
			must(out.Encode(judge(c.Manifests, c.Requests)))
		}
		if err != nil {
			return
		}
	}
}
