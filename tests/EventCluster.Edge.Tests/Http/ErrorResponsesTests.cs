using System.Reflection;
using System.Runtime.CompilerServices;
using EventCluster.Abstractions.Streams;
using EventCluster.Edge.Http;
using EventCluster.Protocol;

namespace EventCluster.Edge.Tests.Http;

/// <summary>Every case of every family of outcomes has an answer: a new case without one fails here, not in production.</summary>
public sealed class ErrorResponsesTests
{
    private static readonly StreamName Name = StreamName.Parse("a b");

    [Theory]
    [InlineData(typeof(CreateOutcome))]
    [InlineData(typeof(AppendOutcome))]
    [InlineData(typeof(ReadOutcome))]
    [InlineData(typeof(DescribeOutcome))]
    [InlineData(typeof(ConfigureOutcome))]
    [InlineData(typeof(TrimOutcome))]
    [InlineData(typeof(DeleteOutcome))]
    public void Of_EveryCaseOfAFamily_IsASuccessOrAClearRefusal(Type family)
    {
        var of = typeof(ErrorResponses).GetMethod(nameof(ErrorResponses.Of), [family, typeof(StreamName)])!;
        var cases = family.GetNestedTypes().Where(type => type.IsSubclassOf(family)).ToList();
        Assert.NotEmpty(cases);
        foreach (var type in cases)
        {
            var fault = (RequestFault?)of.Invoke(null, [Instance(type), Name]);
            if (fault is not null)
            {
                Assert.InRange(fault.Status, 400, 507);
                Assert.NotEmpty(fault.Detail);
                Assert.Contains(fault.Code, KnownCodes());
            }
        }
    }

    [Fact]
    public void Of_AppendToMissingStream_SaysWhichPutCreatesIt()
    {
        var fault = ErrorResponses.Of(new AppendOutcome.NotFound(), Name)!;
        Assert.Equal(404, fault.Status);
        Assert.Contains("PUT /v1/stream/a%20b", fault.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(UnavailableReason.Moved, 503, "moved")]
    [InlineData(UnavailableReason.OutcomeUnknown, 503, "outcome_unknown")]
    [InlineData(UnavailableReason.Overloaded, 503, "overloaded")]
    [InlineData(UnavailableReason.StorageFull, 507, "storage_full")]
    [InlineData(UnavailableReason.StateFull, 507, "state_full")]
    [InlineData(UnavailableReason.StoreFailed, 503, "unavailable")]
    [InlineData(UnavailableReason.StoreUnreachable, 503, "unavailable")]
    public void Of_Unavailable_KeepsItsReasonApart(UnavailableReason reason, int status, string code)
    {
        var fault = ErrorResponses.Of(new AppendOutcome.Unavailable(reason, "why"), Name)!;
        Assert.Equal((status, code), (fault.Status, fault.Code.Value));
        Assert.Equal(status == 503, fault.Headers.Any(header => header.Key == "Retry-After"));
    }

    private static object Instance(Type type)
    {
        var constructor = type.GetConstructors().OrderByDescending(c => c.GetParameters().Length).First();
        return constructor.Invoke([.. constructor.GetParameters().Select(parameter => Value(parameter.ParameterType))]);
    }

    private static object? Value(Type type) => type == typeof(string) ? "text"
        : type == typeof(UnavailableReason) ? UnavailableReason.Moved
        : type == typeof(StreamGap) ? new StreamGap(new(1, 1), new(1, 2), new(1, 3), GapReason.Trimmed)
        : type.IsValueType ? RuntimeHelpers.GetUninitializedObject(type) : null;

    private static IEnumerable<ErrorCode> KnownCodes() => typeof(ErrorCode)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .Where(field => field.FieldType == typeof(ErrorCode))
        .Select(field => (ErrorCode)field.GetValue(null)!);
}
