using System.Reflection;
using Xunit;

namespace EventCluster.Architecture.Tests.PublicApi;

public sealed class PublicApiTests
{
    [Theory]
    [InlineData("EventCluster.Protocol")]
    [InlineData("EventCluster.Abstractions")]
    public void PublicApi_IsTheCommittedOne(string name) =>
        Committed.AssertSame(
            $"tests/EventCluster.Architecture.Tests/PublicApi/{name}.txt", ApiListing.Of(Assembly.Load(name)));
}
