using EventCluster.TestKit.Servers;
using Xunit;

namespace EventCluster.EndToEnd.Tests.Benchmarks;

/// <summary>Each benchmark, tiny, so that none rots. Figures are only required to be there.</summary>
public sealed class BenchmarkTests
{
    [Theory]
    [InlineData("journal")]
    [InlineData("log")]
    [InlineData("http")]
    [InlineData("catchup")]
    [InlineData("startup")]
    [InlineData("alloc")]
    [InlineData("list")]
    [InlineData("fanout")]
    [InlineData("postgres")]
    [InlineData("wire")]
    [InlineData("slow-reader")]
    [InlineData("compare")]
    public async Task Run_Tiny_PrintsFigures(string name)
    {
        Assert.SkipWhen(
            name == "postgres" && await PostgreSqlServer.FindMissingAsync() is not null, "PostgreSQL is not installed here.");
        Assert.NotEmpty(await BenchmarkProcess.RunTinyAsync(name, TestContext.Current.CancellationToken));
    }
}
